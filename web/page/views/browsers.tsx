// Paired browsers: who they are, removing one, and pairing another by QR code.
import { useState } from 'preact/hooks';
import type { BrowserView, PairingLinkView } from '../../shapes.ts';
import { ask } from '../client.ts';
import { shortTime } from '../format.ts';
import { unpair } from '../live-state.ts';
import { Card, Pending } from '../parts/basics.tsx';
import { useNow } from '../parts/now.ts';
import { perform } from '../parts/toast.tsx';
import { useResource } from '../resource.ts';
import { words } from '../words.ts';

export function Browsers() {
  const now = useNow();
  const browsers = useResource<{ browsers: BrowserView[] }>('api/browsers', []);
  const text = words.sensor;
  async function revoke(id: string): Promise<void> {
    if (await perform(() => ask(`api/browsers/${encodeURIComponent(id)}`, 'DELETE'), text.revoked)) browsers.reload();
  }
  async function leave(): Promise<void> {
    await ask('api/unpair', 'POST').catch(() => {});
    unpair();
  }
  return (
    <Card title={text.browsers}>
      <Pending resource={browsers} />
      <ul class="rows">
        {browsers.data?.browsers.map((browser) => (
          <li key={browser.id}>
            <span>
              <strong class="wrap">{browser.name}</strong>
              {browser.current && <span class="badge">{text.thisBrowser}</span>}
              <span class="muted">
                {text.pairedOn(shortTime(browser.createdAt, now))} · {text.usedOn(shortTime(browser.lastSeenAt, now))}
              </span>
            </span>
            <button type="button" onClick={() => void (browser.current ? leave() : revoke(browser.id))}>
              {browser.current ? text.unpair : text.revoke}
            </button>
          </li>
        ))}
      </ul>
      <PairAnother />
    </Card>
  );
}

function PairAnother() {
  const [link, setLink] = useState<PairingLinkView | null>(null);
  const text = words.sensor;
  async function make(): Promise<void> {
    setLink(await ask<PairingLinkView>('api/pairing-links', 'POST'));
  }
  if (!link) {
    return (
      <button type="button" onClick={() => perform(make, '')}>
        {text.pairAnother}
      </button>
    );
  }
  return (
    <div class="panel">
      <h3>{text.pairAnother}</h3>
      <p>{text.pairExplains}</p>
      {link.loopbackOnly && <p class="notice">{text.pairLoopback}</p>}
      <img class="qr" alt={text.qrAlt} src={`data:image/svg+xml,${encodeURIComponent(link.qrSvg)}`} />
      <p class="mono wrap">{link.link}</p>
      <button type="button" onClick={() => setLink(null)}>
        {words.state.close}
      </button>
    </div>
  );
}
