// The front door to the test builders: layers, messages, conversations and capture files.
export * from './conversation.ts';
export * from './link-layers.ts';
export * from './messages.ts';
export * from './pcap-file.ts';
