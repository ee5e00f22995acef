import { chromium } from 'playwright-core';
const [link, ...paths] = process.argv.slice(2);
const b = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
const state = await (async()=>{ const c = await b.newContext(); const p = await c.newPage(); await p.goto(link); await p.waitForTimeout(1500); const btn = p.locator('button').first(); if (await btn.count()) { await btn.click().catch(()=>{}); await p.waitForTimeout(1500);} const s = await c.storageState(); await c.close(); return s; })();
const base = link.split('#')[0];
for (const [vw,vh,scheme,tag] of [[360,740,'light','pl'],[360,740,'dark','pd'],[1280,900,'light','dl']]) {
  const c = await b.newContext({ viewport:{width:vw,height:vh}, colorScheme: scheme, storageState: state });
  const p = await c.newPage();
  for (const path of paths) { await p.goto(base+path); await p.waitForTimeout(900); await p.screenshot({ path: `/tmp/look/${tag}-${path.replace(/[^a-z0-9]/gi,'_')}.png`, fullPage: true }); }
  await c.close();
}
await b.close();
