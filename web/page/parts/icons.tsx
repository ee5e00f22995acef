// The page's few icons as inline SVG elements; always beside words, so hidden from screen readers.

const PATHS = {
  home: 'M3 11.2 12 4l9 7.2V20a1 1 0 0 1-1 1h-5v-6H9v6H4a1 1 0 0 1-1-1z',
  alert: 'M12 3.5 22 20.5H2zM12 10v5M12 17.7v.3',
  devices: 'M3 5h13v10H3zM7 19h5M9.5 15v4M19 9h2v12h-7v-2',
  check: 'M4 12.5 9.5 18 20 7',
  sensor: 'M12 13.5v7M8 9.5a5.6 5.6 0 0 1 8 0M5 6.5a10 10 0 0 1 14 0M12 13.4v.1',
  back: 'M15 5l-7 7 7 7',
  next: 'M9 5l7 7-7 7',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5 21 21',
  calm: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8.2 12.4l2.6 2.6 5-5.4',
  blind:
    'M3 3l18 18M10 6.3A9.6 9.6 0 0 1 12 6c5.5 0 9 6 9 6a16 16 0 0 1-2.6 3.2M6.3 8A16 16 0 0 0 3 12s3.5 6 9 6a9 9 0 0 0 3.5-.7',
  chart: 'M4 20V4M4 20h16M8.5 16.5v-4M13 16.5v-9M17.5 16.5v-6',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5a7.5 7.5 0 0 1 15 0',
  unknown: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM9.5 9.5a2.5 2.5 0 1 1 3.6 2.3c-.8.4-1.1.9-1.1 1.7M12 16.6v.2',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
