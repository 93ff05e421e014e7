import type { IncomingMessage } from 'node:http'
import type { Clock } from '../platform/clock.ts'
import { Problem } from '../platform/problem.ts'
import type { HeldBytes } from './admission.ts'

/** The client has gone: nothing was stored and nobody is there to be told. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone'
}

export interface BodyBounds {
  readonly bytesMax: number
  /** A body of which nothing comes for this long is refused. */
  readonly idleMsMax: number
}
/** `held` counts the bytes: all of them before any is read where the length is announced, else each chunk as it comes. */
export type ReadBytes = (incoming: IncomingMessage, options?: { bytesMax?: number; held?: HeldBytes }) => Promise<Buffer>

interface Reading {
  lastByteAt: number
  stalled(): void
}

/**
 * Reads bodies within bounds of size and time. One sweep watches all bodies under way, so that a request costs no timer; a stall
 * is noticed at most a quarter of the bound late.
 * @throws Problem request.too_large · request.timeout · gateway.overloaded  @throws ClientGone
 */
export function createReadBytes(clock: Clock, bounds: BodyBounds): ReadBytes {
  const underWay = new Set<Reading>()
  let sweeping = false
  async function sweep(): Promise<void> {
    sweeping = true
    while (underWay.size > 0) {
      await clock.sleep(bounds.idleMsMax / 4)
      const now = clock.monotonic()
      for (const reading of underWay) if (now - reading.lastByteAt >= bounds.idleMsMax) reading.stalled()
    }
    sweeping = false
  }

  return function readBytes(incoming, { bytesMax = bounds.bytesMax, held } = {}) {
    const announced = incoming.headers['content-length']
    if (announced !== undefined) {
      if (Number(announced) > bytesMax) return Promise.reject(tooLarge(bytesMax))
      // The parser lets no more through than was announced.
      if (held && !held.take(Number(announced))) return Promise.reject(new Problem('gateway.overloaded'))
    }
    return new Promise<Buffer>((resolve, reject) => {
      let first: Buffer | undefined
      let more: Buffer[] | undefined
      let bytes = 0
      const reading: Reading = { lastByteAt: clock.monotonic(), stalled: () => fail(new Problem('request.timeout', closing)) }
      const onData = (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > bytesMax) return fail(tooLarge(bytesMax))
        if (announced === undefined && held && !held.take(chunk.length)) return fail(new Problem('gateway.overloaded', closing))
        reading.lastByteAt = clock.monotonic()
        if (!first) first = chunk
        else if (more) more.push(chunk)
        else more = [first, chunk]
      }
      const onEnd = () => {
        leave()
        resolve(more ? Buffer.concat(more, bytes) : (first ?? Buffer.alloc(0)))
      }
      const onGone = () => fail(new ClientGone())
      function fail(cause: Error) {
        leave()
        incoming.pause()
        reject(cause)
      }
      function leave() {
        underWay.delete(reading)
        incoming.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone)
      }
      if (incoming.destroyed && !incoming.readableEnded) return reject(new ClientGone())
      underWay.add(reading)
      incoming.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone)
      if (!sweeping) void sweep()
    })
  }
}

/** What is left of the body is not read: the connection ends with the answer. */
const closing = { headers: { Connection: 'close' } }

function tooLarge(bytesMax: number): Problem {
  return new Problem('request.too_large', {
    ...closing,
    detail: {
      vi: `Nội dung vượt giới hạn ${bytesMax} byte. Chưa lưu gì.`,
      en: `The body is over the limit of ${bytesMax} bytes. Nothing was stored.`,
    },
  })
}
