// Frames that carry names and mail, which the self-test brings.
export * from '../../sensor/self-test/frames/traffic.ts';
