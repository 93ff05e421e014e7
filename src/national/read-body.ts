import { hash } from 'node:crypto'
import type { Release } from '../domain/claim.ts'
import { collectRefusedCharacters, foldLineEnds } from './characters.ts'
import { type EnvelopeClaim, readEnvelope } from './envelope.ts'
import { createFaultList, type FaultList } from './faults.ts'
import { normalise } from './normalise.ts'
import { assertNoDuplicates, located, parseJson, parseJsonRecord } from './read-json.ts'
import type { BodyReading, ClaimMediaType, InvalidClaim, ReadBounds, ValidClaim, WireClaim } from './reading.ts'
import { Unreadable } from './unreadable.ts'
import { collectFaults, isValid, releaseOf } from './validate.ts'

/** Bounds of a record: what the door lets in is within them whatever its configuration was. */
const recordBounds = { depthMax: 64, claimsMax: 1, faultsMax: 0 }

/**
 * A request's body as claims: read, normalised, validated against the release in force at the end of each visit, hashed.
 * Never throws for what a body holds.
 */
export function readBody(bytes: Buffer, mediaType: ClaimMediaType, bounds: ReadBounds): BodyReading {
  try {
    if (bytes.length > bounds.bodyBytesMax) throw new Unreadable('bytes', { count: bytes.length, countMax: bounds.bodyBytesMax })
    if (mediaType === 'application/json') return { kind: 'read', several: false, claims: [readJsonClaim(bytes, bounds)] }
    return readXmlClaims(bytes, bounds)
  } catch (thrown) {
    const cause = mediaType === 'application/json' ? located(thrown, bytes) : thrown
    if (cause instanceof Unreadable) return { kind: 'refused', code: cause.code, detail: cause.detail }
    throw cause
  }
}

function readJsonClaim(bytes: Buffer, bounds: ReadBounds): ValidClaim | InvalidClaim {
  const { value, names, mayHoldControls } = parseJson(bytes, bounds.depthMax)
  const faults = createFaultList(bounds.faultsMax)
  const normalised = normalise(value, faults)
  if (normalised.names !== names) assertNoDuplicates(value, names)
  return judge(normalised.wire, mayHoldControls, faults, undefined, bytes, bounds)
}

function readXmlClaims(bytes: Buffer, bounds: ReadBounds): BodyReading {
  const { facilityCode, claims, document, mayHoldControls } = readEnvelope(bytes, bounds, false)
  const several = claims.length > 1
  const slices = several ? slicesOf(bytes, document, claims) : [bytes]
  return {
    kind: 'read',
    several,
    claims: claims.map(({ wire, faults }, index) => judge(wire, mayHoldControls, faults, facilityCode, slices[index]!, bounds)),
  }
}

/** Valid and hashed, or with every fault. */
function judge(
  wire: WireClaim,
  mayHoldControls: boolean,
  faults: FaultList,
  envelopeFacility: string | undefined,
  bytes: Buffer,
  bounds: ReadBounds,
): ValidClaim | InvalidClaim {
  const facilityCode = stringOf(wire.XML1?.['MA_CSKCB'])
  const encounterId = stringOf(wire.XML1?.['MA_LK'])
  const release = releaseOf(stringOf(wire.XML1?.['NGAY_RA']))
  if (mayHoldControls) {
    foldLineEnds(wire)
    collectRefusedCharacters(wire, faults)
  }
  if (envelopeFacility !== undefined && facilityCode !== undefined && envelopeFacility !== facilityCode)
    faults.add('facility.mismatch', { table: 'XML1', field: 'MA_CSKCB' })
  if (faults.count > 0 || !isValid(wire, release, bounds.claimLinesMax)) {
    collectFaults(wire, release, bounds.claimLinesMax, faults)
    return { kind: 'invalid', errors: faults.listed, errorCount: faults.count, facilityCode, encounterId }
  }
  return {
    kind: 'valid',
    wire,
    release,
    facilityCode: facilityCode!,
    encounterId: encounterId!,
    contentSha256: contentSha256(wire),
    bytes,
  }
}

const stringOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** The wire form's members are sorted and its values strings, so that its JSON text is the RFC 8785 form. */
const contentSha256 = (wire: WireClaim): string => hash('sha256', JSON.stringify(wire), 'hex')

/** The bytes of each `<HOSO>…</HOSO>`: characters before it are counted in bytes, a byte order mark included. */
function slicesOf(bytes: Buffer, document: string, claims: readonly EnvelopeClaim[]): Buffer[] {
  let character = 0
  let byte = bytes.length - Buffer.byteLength(document)
  return claims.map(({ start, end }) => {
    const from = byte + Buffer.byteLength(document.slice(character, start))
    const to = from + Buffer.byteLength(document.slice(start, end))
    character = end
    byte = to
    return bytes.subarray(from, to)
  })
}

export interface RecordReading {
  readonly wire: WireClaim
  readonly release: Release
  readonly facilityCode: string
  readonly encounterId: string
  readonly contentSha256: string
}

/**
 * Reads a stream record again: the same wire form and hash as at the door, without validating what was validated there.
 * @throws Unreadable when the bytes are no claim
 */
export function readRecord(bytes: Buffer, mediaType: ClaimMediaType): RecordReading {
  const { wire, faults, mayHoldControls } = mediaType === 'application/json' ? readJsonRecord(bytes) : readXmlRecord(bytes)
  if (faults.count > 0 || wire.XML1 === undefined) throw new Unreadable('object')
  if (mayHoldControls) foldLineEnds(wire)
  const { MA_CSKCB: facilityCode, MA_LK: encounterId, NGAY_RA: endedAt } = wire.XML1
  if (facilityCode === undefined || encounterId === undefined) throw new Unreadable('object')
  return { wire, release: releaseOf(endedAt), facilityCode, encounterId, contentSha256: contentSha256(wire) }
}

function readJsonRecord(bytes: Buffer) {
  const { value, mayHoldControls } = parseJsonRecord(bytes)
  const faults = createFaultList(0)
  return { wire: normalise(value, faults).wire, faults, mayHoldControls }
}

function readXmlRecord(bytes: Buffer) {
  const { claims, mayHoldControls } = readEnvelope(bytes, recordBounds, true)
  return { ...claims[0]!, mayHoldControls }
}
