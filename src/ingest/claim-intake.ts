import { hash } from 'node:crypto'
import type {
  BodyReading,
  ClaimMediaType,
  InvalidClaim,
  MemberIdentifiers,
  ReadBounds,
  ValidClaim,
  WireClaim,
} from '../national/reading.ts'
import { Problem } from '../platform/problem.ts'
import type { Admission } from './admission.ts'
import { mediaTypeOf } from './media-type.ts'
import type { ReadBytes } from './read-bytes.ts'
import type { CallerRequest } from './route.ts'

/** The readers of the national formats (`src/national/`), handed in. */
export interface NationalReaders {
  readonly readBody: (bytes: Buffer, mediaType: ClaimMediaType, bounds: ReadBounds) => BodyReading
  readonly identifiersOf: (wire: WireClaim) => MemberIdentifiers
}
export interface IntakeDeps {
  readonly national: NationalReaders
  readonly readBytes: ReadBytes
  readonly admission: Admission
  readonly readBounds: ReadBounds
}

/** A body as it was sent, read into claims. */
export interface Intake {
  readonly mediaType: ClaimMediaType
  readonly several: boolean
  readonly claims: readonly (ValidClaim | InvalidClaim)[]
  readonly sha256: () => string
  /** Durable or given up: its bytes count no more. */
  readonly done: () => void
}

/**
 * Steps 1 and 2 of a claim's way: bounds, bytes, format, schema. The bytes count against the in-flight bound from before they are
 * read until `done`.
 * @throws Problem 400 408 413 415 503
 */
export function createIntake({ national, readBytes, admission, readBounds }: IntakeDeps) {
  async function read(request: CallerRequest): Promise<Intake> {
    admission.check()
    const mediaType = claimMediaType(request)
    const held = admission.hold()
    try {
      const bytes = await readBytes(request.incoming, { held })
      const reading = national.readBody(bytes, mediaType, readBounds)
      if (reading.kind === 'refused') throw new Problem(reading.code, { detail: reading.detail })
      const { several, claims } = reading
      return { mediaType, several, claims, sha256: () => hash('sha256', bytes), done: held.letGo }
    } catch (cause) {
      held.letGo()
      throw cause
    }
  }
  return { read }
}
export type ClaimIntake = ReturnType<typeof createIntake>

function claimMediaType(request: CallerRequest): ClaimMediaType {
  refuseEncoding(request)
  const mediaType = mediaTypeOf(request.header('content-type'))
  if (mediaType === 'application/json' || mediaType === 'application/xml') return mediaType
  throw new Problem('request.media_type')
}

/** A compressed body is refused unread: its size says nothing of what it would become. */
export function refuseEncoding(request: CallerRequest): void {
  const encoding = request.header('content-encoding')
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') throw new Problem('request.media_type')
}

/** The claim if it is valid and the caller's own. @throws Problem request.other_facility · claim.invalid */
export function ownClaim(claim: ValidClaim | InvalidClaim, facilityCode: string): ValidClaim {
  if (claim.facilityCode !== undefined && claim.facilityCode !== facilityCode) throw new Problem('request.other_facility')
  if (claim.kind === 'valid') return claim
  const { errors, errorCount } = claim
  throw new Problem('claim.invalid', {
    errors,
    errorCount,
    detail: {
      vi: `${errorCount} lỗi; chưa lưu gì. Hãy sửa mọi lỗi trong danh sách rồi gửi lại.`,
      en: `${errorCount} fault${errorCount === 1 ? '' : 's'}; nothing was stored. Correct every fault listed and send it again.`,
    },
  })
}
