import { VERSION } from '../../model/version';

/** The Prometheus whose API is answered: its clients choose by this what they ask for. */
const LIKE_PROMETHEUS = '3.0.0';

/** What this server says that it is. */
export const BUILD_INFO = {
  version: LIKE_PROMETHEUS,
  revision: `pulseboard-${VERSION}`,
  branch: '',
  buildUser: '',
  buildDate: '',
  goVersion: '',
} as const;
