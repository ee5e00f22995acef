// The views that no visit begins with, as one piece to be loaded after the first.
export { DeviceView } from './device.tsx';
export { ExpectedView } from './expected.tsx';
export { Guide, GuideView } from './guide.tsx';
export { IncidentView } from './incident.tsx';
export { SensorView } from './sensor.tsx';
