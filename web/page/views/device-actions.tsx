// Renaming and forgetting a device.
import { useState } from 'preact/hooks';
import type { DeviceDetail } from '../../shapes.ts';
import { command } from '../client.ts';
import { perform } from '../parts/toast.tsx';
import { go } from '../router.ts';
import { words } from '../words.ts';

export function RenameDevice({ device, reload }: { device: DeviceDetail; reload: () => void }) {
  const [label, setLabel] = useState<string | null>(null);
  const text = words.deviceView;
  if (label === null) {
    return (
      <button type="button" onClick={() => setLabel(device.label ?? device.name ?? '')}>
        {text.rename}
      </button>
    );
  }
  const rename = (to: string | null) => () => command({ type: 'rename', device: device.mac, label: to });
  async function save(): Promise<void> {
    const undo = () => () => rename(device.label)().finally(reload);
    if (!(await perform(rename(label?.trim() || null), text.renamed, undo))) return;
    setLabel(null);
    reload();
  }
  return (
    <form
      class="panel"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <label class="field">
        {text.renameLabel}
        <input
          type="text"
          maxLength={64}
          value={label}
          aria-describedby="rename-hint"
          onInput={(event) => setLabel(event.currentTarget.value)}
        />
      </label>
      <p class="muted" id="rename-hint">
        {text.renameHint}
      </p>
      <div class="buttons">
        <button type="submit" class="primary">
          {words.state.save}
        </button>
        <button type="button" onClick={() => setLabel(null)}>
          {words.state.cancel}
        </button>
      </div>
    </form>
  );
}

export function ForgetDevice({ mac }: { mac: string }) {
  const [asking, setAsking] = useState(false);
  const text = words.deviceView;
  async function forget(): Promise<void> {
    if (await perform(() => command({ type: 'forget', device: mac }), text.forgotten)) go('/devices');
  }
  if (!asking) {
    return (
      <button type="button" class="danger" onClick={() => setAsking(true)}>
        {text.forget}
      </button>
    );
  }
  return (
    <div class="panel">
      <h2>{text.forgetTitle}</h2>
      <p>{text.forgetExplains}</p>
      <div class="buttons">
        <button type="button" class="danger" onClick={() => void forget()}>
          {text.forgetYes}
        </button>
        <button type="button" onClick={() => setAsking(false)}>
          {words.state.cancel}
        </button>
      </div>
    </div>
  );
}
