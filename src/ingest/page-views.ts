import type { CheckInListed } from '../check-in/check-in-store.ts'
import type { Language } from './problem-texts.ts'
import type { Reply } from './reply.ts'

/** What the pages of a desk show. How they look is made elsewhere and handed in. */
export interface SignInView {
  readonly language: Language
  readonly csrf: string
  /** Where to go after it. */
  readonly to: DeskAddress
  readonly fault: 'refused' | 'limit' | 'stale' | 'role' | undefined
}
export type DeskAddress = '/kiosk' | '/reception'

export interface KioskView {
  readonly language: Language
  readonly csrf: string
  readonly facilityCode: string
  /** Loopback address of the program beside the card reader. */
  readonly agentUrl: string
  readonly pairing: string | undefined
  /** Who answers for the kiosk; shown on it and named in each check-in. */
  readonly staff: string | undefined
  readonly isDisaster: boolean
}

export type ReceptionFilter = 'all' | 'confirm' | 'alerts'
export interface ReceptionView {
  readonly language: Language
  readonly csrf: string
  readonly facilityCode: string
  readonly date: string
  readonly isToday: boolean
  readonly filter: ReceptionFilter
  /** `undefined`: the ledger cannot be read now. */
  readonly checkIns: readonly CheckInListed[] | undefined
  readonly notice: 'confirmed' | 'stale' | 'missing' | 'settled' | 'name' | 'unavailable' | undefined
  readonly isDisaster: boolean
  /** When the list was read, in epoch ms. */
  readonly readAtMs: number
}

export type MadePage = Pick<Reply, 'headers' | 'body'>
export interface DeskPages {
  signIn(view: SignInView): MadePage
  kiosk(view: KioskView): MadePage
  reception(view: ReceptionView): MadePage
}
