import type { Work } from '../runtime/work/work';
import type { LargeResponse } from './http';

/** A body as it arrives. */
export interface ArrivingBody {
  readonly body: AsyncIterable<Uint8Array>;
  /** Reads what is still coming, for `mostMs` at most; resolves with whether the body has ended. */
  finish(mostMs?: number): Promise<boolean>;
}

/** What a viewer asks: what `node:http` and a route handler both know of a request. */
export interface ViewerRequest {
  /** With its query; what is before the path says nothing. */
  readonly url: string;
  readonly headers: Pick<Headers, 'get'>;
  /** The body, which nobody has read from. */
  arriving(): ArrivingBody;
}

/** A question that dashboards ask all the time: the front answers it itself. */
export interface ViewerRoute {
  readonly method: 'GET' | 'POST';
  /** The paths, as they are sent. */
  readonly path: RegExp;
  /** Throws what is to be answered as an error. */
  answer(request: ViewerRequest, work: Work): Promise<LargeResponse>;
}
