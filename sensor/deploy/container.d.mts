/** What images of the sensor are built from; see container.mjs. */
export declare function addOnContainerfile(text?: string): string;
export declare function addOnConfig(built: { version: string; architecture: string }, text?: string): string;
export declare function layOut(options: {
  out: string;
  packing?: 'xz' | 'none';
}): Promise<{ container: string; addOn: string }>;
