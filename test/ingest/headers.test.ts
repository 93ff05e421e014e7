import { describe, expect, test } from 'vitest'
import { createAdmission } from '../../src/ingest/admission.ts'
import { mediaTypeOf } from '../../src/ingest/media-type.ts'
import { preferenceOf } from '../../src/ingest/prefer.ts'
import { languageOf } from '../../src/ingest/problem-reply.ts'

describe('Prefer', () => {
  const bounds = { defaultMs: 10_000, maxMs: 15_000 }
  test.each([
    [undefined, 10_000, undefined],
    ['wait=0', 0, 'wait=0'],
    ['wait=7', 7_000, 'wait=7'],
    ['WAIT = 7', 7_000, 'wait=7'],
    ['wait="7"', 7_000, 'wait=7'],
    ['wait=99', 15_000, 'wait=15'],
    ['respond-async', 0, 'respond-async'],
    ['respond-async, wait=5', 0, 'respond-async'],
    ['return=minimal, wait=5', 5_000, 'wait=5'],
    ['wait=5; x=y', 5_000, 'wait=5'],
    ['wait=-1', 10_000, undefined],
    ['wait=1.5', 10_000, undefined],
    ['wait=soon', 10_000, undefined],
    ['', 10_000, undefined],
  ])('%j waits %i ms', (header, waitMs, applied) => {
    expect(preferenceOf(header, bounds)).toEqual({ waitMs, applied })
  })
})

describe('Accept-Language', () => {
  test.each([
    [undefined, 'vi'],
    ['vi', 'vi'],
    ['en', 'en'],
    ['en-US,en;q=0.9', 'en'],
    ['vi-VN,vi;q=0.9,en;q=0.8', 'vi'],
    ['vi;q=0.2, en;q=0.7', 'en'],
    ['fr', 'vi'],
    ['fr, en;q=0.1', 'en'],
    ['*', 'vi'],
    [';;;,,q=', 'vi'],
  ])('%j is answered in %s', (header, language) => {
    expect(languageOf(header)).toBe(language)
  })
})

describe('Content-Type', () => {
  test.each([
    ['application/json', 'application/json'],
    [' Application/JSON ; charset=UTF-8', 'application/json'],
    ['application/xml;charset="utf-8"', 'application/xml'],
    ['application/json;charset=latin1', undefined],
    [undefined, undefined],
  ])('%j is %s', (header, mediaType) => {
    expect(mediaTypeOf(header)).toBe(mediaType)
  })
})

describe('admission', () => {
  const bounds = { inflightBytesMax: 100, loopDelayMsMax: 500, lagMax: 1_000, waitersMax: 10 }
  const calm = { waiters: () => 0, lag: () => 0, loopDelayMs: () => 0 }
  const overloaded = expect.objectContaining({ code: 'gateway.overloaded' })
  test.each([
    ['too many wait', { waiters: () => 10 }],
    ['the event loop is late', { loopDelayMs: () => 501 }],
    ['too much is undecided', { lag: () => 1_001 }],
  ])('refuses when %s', (_what, busy) => {
    expect(() => createAdmission({ ...calm, ...busy }, bounds).check()).toThrow(overloaded)
  })
  test('takes everything while all is calm, and when the lag is unknown', () => {
    createAdmission({ ...calm, lag: () => undefined }, bounds).check()
  })
  test('bounds the bytes in flight, and gives room again', () => {
    const admission = createAdmission(calm, bounds)
    const [first, second] = [admission.hold(), admission.hold()]
    expect([first.take(60), second.take(50), second.take(40), first.take(1)]).toEqual([true, false, true, false])
    expect(() => admission.check()).toThrow(overloaded)
    first.letGo()
    first.letGo()
    admission.check()
    second.letGo()
    expect(admission.inflightBytes()).toBe(0)
  })
  test('takes a body that is alone, however large and in however many pieces', () => {
    const admission = createAdmission(calm, bounds)
    const alone = admission.hold()
    expect([alone.take(80), alone.take(500)]).toEqual([true, true])
    expect(admission.hold().take(1)).toBe(false)
    alone.letGo()
    expect(admission.inflightBytes()).toBe(0)
  })
})
