import type { Metadata } from 'next';
import { ConnectView } from '@/components/connect/connect-view';
import { pageOrigin } from '@/lib/api/page-origin';
import { requireViewer } from '@/lib/api/page-viewer';
import type { Protocol } from '@/lib/model/protocols/protocol';
import { PROTOCOL_IDS, PROTOCOLS } from '@/lib/model/protocols/protocols';
import { rootOfProcess } from '@/lib/system/process';

export const metadata: Metadata = { title: 'Connect' };

/** How to send to this server, and what it has received. Keys are not on it: whoever may look need not know them. */
export default async function ConnectPage() {
  await requireViewer();
  const root = rootOfProcess();
  const { auth, settings } = root;
  const { clientsOfNodes } = await root.system();
  const { STATSD_PORT, GRAPHITE_PORT } = settings;
  return (
    <ConnectView
      origin={await pageOrigin()}
      needsKey={auth.senders.needKey}
      ports={{ STATSD_PORT, GRAPHITE_PORT }}
      off={PROTOCOL_IDS.filter((id) => isOff(PROTOCOLS[id], settings))}
      initial={clientsOfNodes.event()}
    />
  );
}

/** Whether it has settings, and none of them is set: a text, a port, a list. */
function isOff({ arrives }: Protocol, settings: object): boolean {
  const names = Object.keys(arrives.settings ?? {});
  return (
    names.length > 0 && names.every((name) => [Reflect.get(settings, name)].flat().every((each) => !each))
  );
}
