import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { readBody } from '../../../src/national/read-body.ts'
import type { ClaimMediaType, InvalidClaim, ReadBounds, ValidClaim, WireClaim } from '../../../src/national/reading.ts'

export const bounds: ReadBounds = {
  bodyBytesMax: 8 * 1024 * 1024,
  depthMax: 32,
  claimLinesMax: 5_000,
  claimsMax: 100,
  faultsMax: 200,
}

const folder = join(import.meta.dirname, '../../fixtures/samples')
export const SAMPLES = ['01-outpatient-80pct', '03-inpatient-offroute-32pct'] as const
export type Sample = (typeof SAMPLES)[number]
export const sampleXml = (name: Sample): Buffer => readFileSync(join(folder, `${name}.xml`))
export const sampleJson = (name: Sample): Buffer => readFileSync(join(folder, `${name}.json`))
export const sampleExpected = (name: Sample) =>
  JSON.parse(readFileSync(join(folder, `${name}.expected.json`), 'utf8')) as {
    readonly totals: Readonly<Record<string, string>>
    readonly lines: number
  }

export type Tables = Record<string, Record<string, unknown> | Record<string, unknown>[]>
/** The sample's tables as JSON, free to change. */
export const tablesOf = (name: Sample): Tables & { XML1: Record<string, unknown> } => JSON.parse(sampleJson(name).toString())
export const bytesOf = (content: unknown): Buffer => Buffer.from(typeof content === 'string' ? content : JSON.stringify(content))

/** The body's only claim; fails the test when the body was refused. */
export function readOne(
  body: Buffer,
  mediaType: ClaimMediaType = 'application/json',
  within = bounds,
): ValidClaim | InvalidClaim {
  const reading = readBody(body, mediaType, within)
  if (reading.kind !== 'read') throw new Error(`refused: ${reading.code} ${reading.detail.en}`)
  expect(reading.claims).toHaveLength(1)
  return reading.claims[0]!
}

export function valid(claim: ValidClaim | InvalidClaim): ValidClaim {
  if (claim.kind !== 'valid') throw new Error(JSON.stringify(claim.errors))
  return claim
}
export function invalid(claim: ValidClaim | InvalidClaim): InvalidClaim {
  if (claim.kind !== 'invalid') throw new Error('the claim was found valid')
  return claim
}
export const sampleWire = (name: Sample): WireClaim => valid(readOne(sampleJson(name))).wire
