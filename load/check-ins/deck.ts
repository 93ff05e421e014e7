import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../settings.ts'

/** Whom a card of the deck names. ISO dates. */
export interface DeckCitizen {
  readonly personalId: string
  readonly fullName: string
  readonly birthDate: string
  readonly sex: 'male' | 'female'
}
/** How the chip answers a nonce. */
export type DeckForm =
  | { readonly kind: 'ecdsa'; readonly hash: string }
  | { readonly kind: 'iso9796'; readonly bits: number; readonly hash: string }

/** A synthetic card as `gateway trust make-test-authority` writes it. */
export interface DeckCard {
  readonly lie: string
  readonly citizen: DeckCitizen
  readonly form: DeckForm
  /** Base64, raw. */
  readonly sod: string
  readonly groups: Readonly<Record<string, string>>
  /** PEM. */
  readonly privateKey: string
}

/** The genuine cards of a deck, in the order of their files. @throws UsageError for a folder without any */
export function readDeck(folder: string): readonly DeckCard[] {
  let names: string[]
  try {
    names = readdirSync(join(folder, 'cards')).filter((name) => name.endsWith('-genuine.json'))
  } catch {
    throw new UsageError(
      `--deck: ${folder} has no folder cards (make one with: gateway trust make-test-authority --out ${folder})`,
    )
  }
  if (names.length === 0) throw new UsageError(`--deck: ${folder} has no genuine card`)
  return names.sort().map((name) => JSON.parse(readFileSync(join(folder, 'cards', name), 'utf8')) as DeckCard)
}

/** The line of `registry import members` for the holder of card `index`, covered all year of `date`. */
export function deckMemberLine({ citizen }: DeckCard, index: number, options: { facility: string; date: string }): string {
  const { personalId, fullName, birthDate, sex } = citizen
  const year = options.date.slice(0, 4)
  const serial = String(index + 1).padStart(8, '0')
  return JSON.stringify({
    ...{ personalId, socialInsuranceNumber: `98${serial}`, fullName, birthDate, sex, deceasedOn: null, version: 1 },
    coverages: [
      {
        cardNumber: `DN40198${serial}`,
        validFrom: `${year}-01-01`,
        validTo: `${year}-12-31`,
        registeredFacility: options.facility,
        fiveYearsFrom: null,
        area: null,
        status: 'active',
      },
    ],
    copayCounted: [],
  })
}
