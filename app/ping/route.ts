import { openHandler, refuseOtherMethods } from '@/lib/api/http';
import { VERSION } from '@/lib/model/version';

export const dynamic = 'force-dynamic';

/** InfluxDB's clients ask here whether there is somebody, before they write. */
export const GET = openHandler(() => ({
  status: 204,
  headers: { 'x-influxdb-version': `pulseboard-${VERSION}`, 'x-influxdb-build': 'Pulseboard' },
  body: '',
}));

export const HEAD = GET;
export const { POST, PUT, PATCH, DELETE, OPTIONS } = refuseOtherMethods('GET');
