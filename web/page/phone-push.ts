// What the browser has to do so that its phone is told of alerts by Web Push: permission, the service worker, a subscription. Words
// and buttons are in parts/tell-phone.tsx; what is shown when a message comes, public/push.js says.
import { ask } from './client.ts';
import { words } from './words.ts';

/** Relative to the page, so that its scope is the page's own path whatever the prefix. */
const WORKER = 'push.js';

export type Obstacle = 'insecure' | 'unsupported' | 'denied';

/** What stands in the way before anything is asked; null where nothing does. */
export function obstacle(): Obstacle | null {
  if (!isSecureContext) return 'insecure';
  if (!('serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window)) return 'unsupported';
  return Notification.permission === 'denied' ? 'denied' : null;
}

/** Whether the browser itself still has a subscription: site data may have been cleared. */
export async function isSubscribed(): Promise<boolean> {
  if (obstacle() !== null) return false;
  const registration = await navigator.serviceWorker.getRegistration();
  return (await registration?.pushManager.getSubscription()) != null;
}

/** Asks the person, then the push service, then the sensor. Call it from a tap. `key`: the sensor's, in base64url. */
export async function tellThisPhone(key: string): Promise<void> {
  if ((await Notification.requestPermission()) !== 'granted') throw new Error(words.phone.obstacle.denied);
  await navigator.serviceWorker.register(WORKER);
  const { pushManager } = await navigator.serviceWorker.ready;
  // One for an earlier key of the sensor would be in the way.
  await (await pushManager.getSubscription())?.unsubscribe();
  const wanted = { userVisibleOnly: true, applicationServerKey: octets(key) };
  const subscription = await pushManager.subscribe(wanted).catch(() => {
    throw new Error(words.phone.unreached);
  });
  const { endpoint, keys } = subscription.toJSON();
  try {
    await ask('api/phone', 'POST', { endpoint, keys });
  } catch (error) {
    await subscription.unsubscribe();
    throw error;
  }
}

export async function tellNoMore(): Promise<void> {
  await ask('api/phone', 'DELETE');
  if (obstacle() === 'insecure' || !('serviceWorker' in navigator)) return;
  const registration = await navigator.serviceWorker.getRegistration();
  await (await registration?.pushManager.getSubscription())?.unsubscribe();
  await registration?.unregister();
}

function octets(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
