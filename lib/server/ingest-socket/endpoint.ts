import type { UpgradeEndpoint } from '../upgrade-endpoint';
import { IngestHub } from './hub';

/** `GET /api/ingest`: the bodies of `POST /api/metrics` as frames of a WebSocket. */
export const ingestSocket: UpgradeEndpoint = {
  path: '/api/ingest',
  open(root) {
    const hub = new IngestHub(root);
    return (head) => hub.admit(head);
  },
};
