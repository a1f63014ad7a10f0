import type { ViewerHeaders } from '../access/auth/viewers';
import type { StreamRequest } from '../live/streams/streams';
import type { Root } from '../system/root';

/** The longest a timer can wait; a longer session needs no timer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Opens a live stream for a viewer, for as long as the session holds. Call `close` when its reader has left.
 *
 * @throws PulseError what `Streams.open` throws, `unauthorized`, `too_many_streams` for one address,
 *   `database_unavailable` while the server starts.
 */
export async function openViewerStream(
  root: Root,
  request: StreamRequest,
  viewer: ViewerHeaders,
  signal: AbortSignal,
): Promise<{ close(): void }> {
  const { auth, limits } = root;
  const { streams } = root.ready().live;
  const { until, session } = auth.viewers.authorize(viewer);
  const release = limits.streams.admit(viewer.address);
  let timer: NodeJS.Timeout | undefined;
  let unlisten: (() => void) | undefined;
  // The stream may end by itself (a reader that does not read, a shutdown), so its sink releases what it holds.
  const sink = {
    write: (text: string) => request.sink.write(text),
    held: () => request.sink.held(),
    onDrain: (resume: () => void) => request.sink.onDrain(resume),
    close() {
      letGo();
      request.sink.close();
    },
  };
  function letGo(): void {
    clearTimeout(timer);
    unlisten?.();
    release();
  }
  try {
    const stream = await streams.open({ ...request, sink }, signal);
    if (signal.aborted) stream.close();
    const leftMs = until - Date.now();
    if (leftMs < MAX_TIMER_MS) timer = setTimeout(() => stream.close(), leftMs);
    if (session) unlisten = auth.endedSessions.onEnd(session, () => stream.close());
    return stream;
  } catch (error) {
    letGo();
    throw error;
  }
}
