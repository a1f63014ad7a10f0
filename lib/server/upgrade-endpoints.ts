import { ingestSocket } from './ingest-socket/endpoint';
import type { UpgradeEndpoint } from './upgrade-endpoint';

/** Every path with another protocol: a new one is a file beside this one and a line here. */
export const UPGRADE_ENDPOINTS: readonly UpgradeEndpoint[] = [ingestSocket];
