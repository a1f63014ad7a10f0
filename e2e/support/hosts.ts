/** One post of one host: figures by metric, all at one time. */
export interface HostPost {
  host: string;
  /** Epoch ms; now when left out. */
  at?: number;
  labels?: Record<string, string>;
  values: Record<string, number>;
}

/** Posts many hosts in one body. Rejects unless every sample was taken. */
export async function postHosts(url: string, posts: readonly HostPost[]): Promise<void> {
  const now = Date.now();
  const body = posts
    .map(({ host, at = now, labels, values }) =>
      JSON.stringify({
        host,
        timestamp: at,
        labels,
        samples: Object.entries(values).map(([name, value]) => ({ name, value })),
      }),
    )
    .join('\n');
  const response = await fetch(`${url}/api/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body,
  });
  const answer = (await response.json()) as { rejected?: number };
  if (response.status !== 200 || answer.rejected !== 0) {
    throw new Error(`The post was answered with ${response.status}: ${JSON.stringify(answer)}`);
  }
}

/**
 * The same post once a second until stopped, as an agent would. Resolves after the first; `stop` rejects if one failed.
 */
export async function keepPosting(
  url: string,
  make: (second: number) => HostPost[],
): Promise<{ stop(): Promise<void> }> {
  let stopped = false;
  await postHosts(url, make(0));
  const work = (async () => {
    for (let second = 1; !stopped; second++) {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      await postHosts(url, make(second));
    }
  })();
  // Thrown by `stop`, not by whichever test runs at that moment.
  work.catch(() => {});
  return {
    stop() {
      stopped = true;
      return work;
    },
  };
}
