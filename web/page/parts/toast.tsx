// One line at the bottom that says what was done and offers to undo it. With an undo it stays until the next, until closed,
// or until another view is opened.
import { useEffect, useState } from 'preact/hooks';
import { words } from '../words.ts';

interface Toast {
  text: string;
  failed: boolean;
  undo: (() => Promise<unknown>) | null;
}

const SHOWN_MS = 12_000;
let show: (toast: Toast | null) => void = () => {};

/** Runs an order and says how it went; an empty `done` says only what failed. With `undo`, offers it. */
export async function perform<T>(
  order: () => Promise<T>,
  done: string,
  undo?: (result: T) => (() => Promise<unknown>) | null,
): Promise<boolean> {
  try {
    const result = await order();
    show(done === '' ? null : { text: done, failed: false, undo: undo?.(result) ?? null });
    return true;
  } catch (error) {
    show({ text: error instanceof Error ? error.message : words.state.failed, failed: true, undo: null });
    return false;
  }
}

export function Toaster() {
  const [toast, setToast] = useState<Toast | null>(null);
  show = setToast;
  useEffect(() => {
    if (!toast) return;
    if (toast.undo) {
      const gone = (): void => setToast(null);
      addEventListener('hashchange', gone);
      return () => removeEventListener('hashchange', gone);
    }
    const timer = setTimeout(() => setToast(null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [toast]);
  const undo = toast?.undo;
  return (
    <div class="toaster" role="status" aria-live="polite">
      {toast && (
        <div class={toast.failed ? 'toast failed' : 'toast'}>
          <span>{toast.text}</span>
          {undo && (
            <button type="button" onClick={() => perform(undo, words.incident.undone)}>
              {words.state.undo}
            </button>
          )}
          <button type="button" onClick={() => setToast(null)}>
            {words.state.close}
          </button>
        </div>
      )}
    </div>
  );
}
