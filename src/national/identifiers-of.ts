import type { MemberIdentifiers, WireClaim } from './reading.ts'

/**
 * The patient's identifiers in one claim, upper case and without blanks, each once, in the order of the claim. A card of 15 characters
 * ends in the 10-digit insurance number; a bare 10-digit number is one; 12 digits in the card field are a personal id.
 */
export function identifiersOf(wire: WireClaim): MemberIdentifiers {
  const { SO_CCCD, MA_THE_BHYT } = wire.XML1
  const cards = [...new Set((MA_THE_BHYT ?? '').split(';').map(normalised))].filter((card) => card !== '')
  const insurance = cards.flatMap((card) => {
    const number = /^(?:[A-Z]{2}\d{3})?(\d{10})$/.exec(card)?.[1]
    return number === undefined ? [] : [number]
  })
  const personalId = normalised(SO_CCCD ?? '') || cards.find((card) => /^\d{12}$/.test(card))
  return { personalId, socialInsuranceNumbers: [...new Set(insurance)], cardNumbers: cards }
}

const normalised = (value: string): string => value.replace(/\s+/g, '').toUpperCase()
