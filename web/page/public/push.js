// The page's service worker: shows what the sensor tells this phone while the page is closed, and leads to it. It keeps nothing and
// answers no request of the page. Registered when a person presses "Tell this phone", never before.

/** The sensor's page, whatever the prefix. */
const PAGE = self.registration.scope;

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('push', (event) => event.waitUntil(show(read(event.data))));
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data));
});
self.addEventListener('pushsubscriptionchange', (event) => event.waitUntil(renew()));

/** Browsers want something to be shown for each message, so that one that cannot be read is shown as such. */
function read(data) {
  try {
    const { body, hash, id, isUrgent, title } = data.json();
    if (typeof title === 'string' && typeof body === 'string') return { body, hash, id, isUrgent, title };
  } catch {
    // It is told as what it is.
  }
  return { title: 'Thingwatch', body: '…', hash: '#/', id: 'unread', isUrgent: false };
}

function show({ body, hash, id, isUrgent, title }) {
  const isPlace = typeof hash === 'string' && /^#\/[\w/-]*$/.test(hash);
  return self.registration.showNotification(title, {
    body,
    // The same message again takes the place of the first.
    tag: String(id),
    icon: 'icon-192.png',
    requireInteraction: isUrgent === true,
    data: isPlace ? hash : '#/',
  });
}

/** On a page that is open, else on a new one. */
async function open(hash) {
  const place = new URL(hash, PAGE).href;
  const windows = await self.clients.matchAll({ type: 'window' });
  const page = windows.find(({ url }) => url.startsWith(PAGE));
  if (page === undefined) return self.clients.openWindow(place);
  await page.navigate(place);
  await page.focus().catch(() => {});
}

/** The browser has another address for this phone. */
async function renew() {
  const where = new URL('api/phone', PAGE);
  const { key } = await (await fetch(where)).json();
  const text = atob(key.replaceAll('-', '+').replaceAll('_', '/'));
  const applicationServerKey = Uint8Array.from(text, (character) => character.charCodeAt(0));
  const subscription = await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
  const { endpoint, keys } = subscription.toJSON();
  const body = JSON.stringify({ endpoint, keys });
  await fetch(where, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
}
