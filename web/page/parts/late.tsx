// A piece of the page with views that is loaded when it is asked for: what stands first is there sooner without it.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';

interface Late<Views> {
  /** Null where the sensor is away, as the page says then; the next call tries again. */
  load: () => Promise<Views | null>;
  /** `children` stand there until the views have come. */
  View: (of: {
    show: (views: Views) => preact.JSX.Element | null;
    children?: ComponentChildren;
  }) => preact.JSX.Element | null;
}

export function late<Views>(bring: () => Promise<Views>): Late<Views> {
  let loaded: Views | null = null;
  let coming: Promise<Views | null> | null = null;

  function load(): Promise<Views | null> {
    coming ??= bring().then(
      (views) => {
        loaded = views;
        return views;
      },
      () => {
        coming = null;
        return null;
      },
    );
    return coming;
  }

  const View: Late<Views>['View'] = ({ children, show }) => {
    const [views, setViews] = useState<Views | null>(() => loaded);
    useEffect(() => {
      if (views !== null) return;
      let isShown = true;
      void load().then((come) => {
        if (isShown && come !== null) setViews(() => come);
      });
      return () => {
        isShown = false;
      };
    }, [views]);
    if (views === null) return <>{children}</>;
    return show(views);
  };

  return { load, View };
}
