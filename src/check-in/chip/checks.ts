import type { ChipReason } from './reasons.ts'

/** `unknown`: looked, but our side lacks what it takes to tell (no root, stale list). `not-done`: there was nothing to look at. */
export type CheckState = 'pass' | 'fail' | 'not-done' | 'unknown'

/** One line of the answer's `checks`, with the reason for anything but a plain pass. */
export interface CheckResult {
  readonly state: CheckState
  readonly reason: ChipReason | null
}

export const passed: CheckResult = { state: 'pass', reason: null }
export const failed = (reason: ChipReason): CheckResult => ({ state: 'fail', reason })
export const notDone = (reason: ChipReason): CheckResult => ({ state: 'not-done', reason })
export const unknown = (reason: ChipReason): CheckResult => ({ state: 'unknown', reason })

/** Thrown inside one check and turned into its result at the check's edge; nothing of it leaves `verifyChip`. */
export class ChipFault extends Error {
  override readonly name = 'ChipFault'
  readonly reason: ChipReason
  constructor(reason: ChipReason) {
    super(reason)
    this.reason = reason
  }
}
