// The button that sends a test alert, and what it does.
import { command } from '../client.ts';
import { words } from '../words.ts';
import { perform } from './toast.tsx';

export function TestAlert() {
  return (
    <>
      <button
        type="button"
        onClick={() => void perform(() => command({ type: 'test_alert' }), words.sensor.testAlertSent)}
      >
        {words.sensor.testAlert}
      </button>
      <p class="muted">{words.sensor.testAlertHint}</p>
    </>
  );
}
