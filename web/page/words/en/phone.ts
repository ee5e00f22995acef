// English: whether the phone that shows the page is told of alerts.
export const phone = {
  title: 'Alerts on this phone',
  state: {
    untold: 'This phone is not told of alerts while the page is closed.',
    told: 'This phone is told of alerts, also while the page is closed.',
    lost: 'This phone is told no more: its push service has let go of it, as happens when a browser was reset or not used for long. Press the button again.',
    foreign: 'This phone is told no more: the sensor’s configuration no longer allows its push service.',
  },
  took: (when: string): string => `It last took one ${when}.`,
  tell: 'Tell this phone',
  untell: 'Tell this phone no more',
  done: 'This phone is told of alerts from now on. Try it with “Test alert”.',
  undone: 'This phone is told no more.',
  obstacle: {
    insecure:
      'Browsers allow this on https:// alone, so open the page by its https:// address. The manual says how the page gets one.',
    unsupported:
      'This browser cannot be told. On an iPhone or iPad add the page to the home screen first, and open it from there.',
    denied: 'This browser does not let the page show notifications. Allow them in its settings for this page.',
  },
  unreached: 'The push service of this browser cannot be reached now, or there is none.',
};
