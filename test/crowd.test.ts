// Who gives way at a door, and which addresses are one sender's.
import { describe, expect, it } from 'vitest';
import { Crowd, senderOf } from '../sensor/crowd.ts';

describe('a crowd', () => {
  it('lets the oldest of the largest group go, so that a thousand of one crowd out none of another', () => {
    const crowd = new Crowd<string>(10);
    crowd.add('owner', 'phone');
    const gone: (string | null)[] = [];
    for (let i = 0; i < 1000; i += 1) gone.push(crowd.add(`attacker ${i}`, 'camera'));
    expect([crowd.size, crowd.has('owner')]).toEqual([10, true]);
    expect(gone.slice(0, 11)).toEqual([...new Array(9).fill(null), 'attacker 0', 'attacker 1']);
  });

  it('among groups of one, the oldest', () => {
    const crowd = new Crowd<number>(3);
    expect([1, 2, 3, 4, 5].map((member) => crowd.add(member, `${member}`))).toEqual([null, null, null, 1, 2]);
  });

  it('forgets who left, and groups without members', () => {
    const crowd = new Crowd<number>(2);
    crowd.add(1, 'a');
    crowd.add(2, 'b');
    crowd.remove(1);
    crowd.remove(1);
    expect([crowd.add(3, 'c'), crowd.size, crowd.has(1)]).toEqual([null, 2, false]);
  });
});

describe('one sender', () => {
  it.each([
    ['192.168.1.20', '192.168.1.20'],
    ['::ffff:192.168.1.20', '192.168.1.20'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['', ''],
  ])('%s is %s', (address, sender) => {
    expect(senderOf(address)).toBe(sender);
  });
});
