// The button by which a phone is told of alerts, and what becomes of it. The steps are in phone-push.ts.
import { useEffect, useState } from 'preact/hooks';
import type { PhoneView } from '../../shapes.ts';
import { shortTime } from '../format.ts';
import { isSubscribed, obstacle, tellNoMore, tellThisPhone } from '../phone-push.ts';
import { useResource } from '../resource.ts';
import { words } from '../words.ts';
import { Card, Pending } from './basics.tsx';
import { useNow } from './now.ts';
import { perform } from './toast.tsx';

export function TellPhone() {
  const phone = useResource<PhoneView>('api/phone', []);
  const [isHere, setHere] = useState(true);
  const now = useNow();
  const text = words.phone;
  useEffect(() => {
    void isSubscribed().then(setHere, () => setHere(false));
  }, [phone.data]);
  const { data } = phone;
  const isTold = data?.state === 'told' && isHere;
  const hindrance = obstacle();
  async function change(order: () => Promise<void>, done: string): Promise<void> {
    await perform(order, done);
    phone.reload();
  }
  return (
    <Card title={text.title}>
      <Pending resource={phone} />
      {data && (
        <>
          <p>
            {text.state[data.state === 'told' && !isHere ? 'untold' : data.state]}{' '}
            {isTold && data.lastTakenAt !== null && text.took(shortTime(data.lastTakenAt, now))}
          </p>
          {data.error !== null && <p class="notice">{data.error}</p>}
          {isTold ? (
            <button type="button" onClick={() => void change(tellNoMore, text.undone)}>
              {text.untell}
            </button>
          ) : hindrance !== null ? (
            <p class="muted">{text.obstacle[hindrance]}</p>
          ) : (
            <button type="button" onClick={() => void change(() => tellThisPhone(data.key), text.done)}>
              {text.tell}
            </button>
          )}
        </>
      )}
    </Card>
  );
}
