import { connectHref } from '@/lib/model/links';
import type { ProtocolId } from '@/lib/model/protocols/protocols';
import { Link } from '../ui/link';

/** What else can send, for pages that have nothing to show yet. */
export function ConnectLink({ protocol }: { protocol?: ProtocolId }) {
  return (
    <p className="text-sm text-ink-3">
      Prometheus, OpenTelemetry, Telegraf, StatsD or something else runs already?{' '}
      <Link href={connectHref(protocol)} className="rounded text-accent underline underline-offset-2">
        Connect it
      </Link>
      .
    </p>
  );
}
