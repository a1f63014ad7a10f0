import { z } from 'zod';
import { ErrorAnswer } from '../../model/wire/error';
import { Batch, IngestAnswer, Sample } from '../../write/ingest/schemas';

const Seq = z.int().meta({ description: 'What the sender calls the frame; any whole number' });

/** A WebSocket message with a body, as text or gzipped; an array of samples is one without a `seq`. */
export const FrameBody = z
  .union([Sample.extend({ seq: Seq.optional() }), Batch.extend({ seq: Seq.optional() })])
  .meta({ id: 'Frame', description: 'A frame with a seq is answered with FrameAck or FrameNack, in order' });

export const FrameAck = IngestAnswer.extend({ ack: Seq }).meta({
  id: 'FrameAck',
  description: 'Every good sample of the frame is committed; bad ones are named',
});

export const FrameNack = z
  .strictObject({
    nack: Seq.nullable().meta({ description: 'null: the frame could not be read, so nobody knows' }),
    error: ErrorAnswer.shape.error,
    retryAfterMs: z
      .int()
      .min(0)
      .optional()
      .meta({ description: 'When to send the frame again; without it, it will never be taken' }),
  })
  .meta({
    id: 'FrameNack',
    description:
      'The frame is not acknowledged: nothing of it is certain to be kept, and sending it again is harmless',
  });
