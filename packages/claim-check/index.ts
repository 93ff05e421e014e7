import type { Decision, Finding } from '../../schemas/types/wire.d.ts'
import { checkBody } from '../../src/adjudication/offline-check.ts'
import { createFindOwn } from '../../src/adjudication/offline-check-register.ts'
import { RegisterRowInvalid, type RegisterRows, type Unknown } from '../../src/adjudication/offline-check-shapes.ts'
import { vietnamDate } from '../../src/platform/clock.ts'
import type { Fault } from '../../src/platform/problem.ts'
import { packedRulebook } from './packed-rulebook.ts'

export type * from '../../schemas/types/wire.d.ts'
export type { Fault, RegisterRows, Unknown }
export { RegisterRowInvalid }

/** What the check says of one claim. */
export interface CheckedClaim {
  /** Nothing that the claim itself (with the rows handed in) shows makes the gateway reduce, deny or pend it. */
  readonly ok: boolean
  readonly facilityCode: string | undefined
  /** `MA_LK` */
  readonly encounterId: string | undefined
  /** What the gateway would refuse the claim for; the first 200. Then there is no decision. */
  readonly faults: readonly Fault[]
  readonly faultCount: number
  /** Findings that pend, reduce or deny, and warnings. */
  readonly findings: readonly Finding[]
  /** The whole decision under registers that agree with the claim, in the words of the gateway's answer. */
  readonly decision?: Decision
  /** What only a register can say. */
  readonly unknown: readonly Unknown[]
}

export interface CheckOptions {
  /** Rows of the hospital's own registers, in the shapes of the gateway's register files. */
  readonly facts?: RegisterRows
  /** `yyyy-mm-dd`, the day on which the gateway would receive the claim; today where it is left out. */
  readonly receivedOn?: string
}

/** A claim as JSON in the national field names, or the bytes or text of a file, JSON or XML. */
export type ClaimBody = Uint8Array | string | object

export interface Check {
  /** By which rules: the gateway shows the same version and hash in each decision. */
  readonly rulebook: { readonly version: string; readonly sha256: string }
  /**
   * Checks a body that holds one claim.
   * @throws RegisterRowInvalid when a row of `facts` is not of its shape
   * @throws RangeError when the envelope holds several claims: use `checkAll`
   */
  check(body: ClaimBody, options?: CheckOptions): CheckedClaim
  /** Checks each claim of a body, in order. @throws RegisterRowInvalid */
  checkAll(body: ClaimBody, options?: CheckOptions): readonly CheckedClaim[]
}

/** Reads the packed rulebook once; the check itself reads no file and asks nobody. */
export function openCheck(): Check {
  const rulebook = packedRulebook()
  function checkAll(body: ClaimBody, { facts = {}, receivedOn }: CheckOptions = {}): readonly CheckedClaim[] {
    const options = { findOwn: createFindOwn(facts), receivedOn: receivedOn ?? vietnamDate(Date.now()) }
    return checkBody(bytesOf(body), rulebook, options) as unknown as readonly CheckedClaim[]
  }
  return {
    rulebook: { version: rulebook.version, sha256: rulebook.sha256 },
    checkAll,
    check(body, options) {
      const [claim, second] = checkAll(body, options)
      if (claim === undefined || second !== undefined)
        throw new RangeError('not one claim: use checkAll for an envelope of several')
      return claim
    },
  }
}

function bytesOf(body: ClaimBody): Buffer {
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}
