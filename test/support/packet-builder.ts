// The front door to the builders of frames, which the self-test brings: layers, messages, conversations and capture files.
export * from '../../sensor/self-test/frames/conversation.ts';
export * from '../../sensor/self-test/frames/doors.ts';
export * from '../../sensor/self-test/frames/link-layers.ts';
export * from '../../sensor/self-test/frames/messages.ts';
export * from '../../sensor/self-test/frames/pcap-file.ts';
export * from '../../sensor/self-test/frames/proxies.ts';
export * from '../../sensor/self-test/frames/remote-mirrors.ts';
export * from './pcapng-file.ts';
