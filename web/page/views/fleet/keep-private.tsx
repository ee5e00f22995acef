// The switch by which a person keeps a device from the fleet: nothing of it leaves the home.
import type { DeviceDetail } from '../../../shapes.ts';
import { command } from '../../client.ts';
import { Card } from '../../parts/basics.tsx';
import { perform } from '../../parts/toast.tsx';
import { fleetWords } from '../../words/fleet.ts';
import '../../style/fleet.css';

export function KeepPrivate({ device, fleet, reload }: { device: DeviceDetail; fleet: string; reload: () => void }) {
  const text = fleetWords().device;
  const { isPrivate, mac, randomizedMac, sameThing } = device;
  const order = (keep: boolean) => () => command({ type: 'keep_private', device: mac, keep });
  async function turn(): Promise<void> {
    const undo = () => () => order(isPrivate)().finally(reload);
    await perform(order(!isPrivate), isPrivate ? text.told : text.kept, undo);
    reload();
  }
  return (
    <Card title={text.title}>
      <button
        type="button"
        role="switch"
        class="switch"
        aria-checked={isPrivate}
        aria-describedby="keep-private-hint"
        onClick={() => void turn()}
      >
        <span>{text.keep}</span>
        <i aria-hidden="true" />
      </button>
      <p class="muted" id="keep-private-hint">
        {isPrivate ? text.isKept(fleet) : text.isTold(fleet)}{' '}
        {sameThing.length > 0 && text.allAddresses(sameThing.length + 1)}{' '}
        {randomizedMac && sameThing.length === 0 && text.newAddress}
      </p>
      <a class="button" href="#/fleet">
        {fleetWords().card.open}
      </a>
    </Card>
  );
}
