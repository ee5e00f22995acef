// Frames made to cost as much as one frame can: what a decoder does with each octet, and what a table does with what it finds.
export interface WorstFrames {
  name: string;
  frames(): Buffer[];
}

export const WORST_FRAMES: readonly WorstFrames[] = [];
