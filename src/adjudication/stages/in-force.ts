import type { CalendarDate } from '../../domain/claim.ts'
import { cardOn, type Rulebook, type RuleCard, type RuleState, sliceOn } from '../../domain/rulebook.ts'

/** The rules that one claim meets, by id. */
export interface RulesInForce {
  readonly active: ReadonlyMap<string, RuleCard>
  /** Run and counted, without effect. */
  readonly shadow: ReadonlyMap<string, RuleCard>
}

/** The rules of a day of the law, told apart from those whose state depends on the claim's receipt or place. */
export interface RulesOfDay extends RulesInForce {
  readonly moving: readonly RuleCard[]
}

/** Rules whose law is in force on `NGAY_RA`, with the texts of that day. */
export function rulesOfDay({ rules }: Rulebook, endedOn: CalendarDate): RulesOfDay {
  const active = new Map<string, RuleCard>()
  const shadow = new Map<string, RuleCard>()
  const moving: RuleCard[] = []
  for (const whole of rules.values()) {
    if (endedOn < whole.from || (whole.to !== null && endedOn > whole.to)) continue
    const card = cardOn(whole, endedOn)
    const [only] = card.states
    if (card.states.length > 1 || only?.value.state === 'canary' || only?.to !== null) moving.push(card)
    else if (only.value.state === 'active') active.set(card.id, card)
    else if (only.value.state === 'shadow') shadow.set(card.id, card)
  }
  return { active, shadow, moving }
}

/** @param receivedOn selects the state: it is ours, not the law's */
export function rulesInForce(day: RulesOfDay, receivedOn: CalendarDate, facilityCode: string, province: string): RulesInForce {
  if (day.moving.length === 0) return day
  const active = new Map(day.active)
  const shadow = new Map(day.shadow)
  for (const card of day.moving) {
    const state = sliceOn(card.states, receivedOn)?.value
    if (state === undefined) continue
    if (state.state === 'active' || isInCanary(state, facilityCode, province)) active.set(card.id, card)
    else if (state.state === 'shadow' || state.state === 'canary') shadow.set(card.id, card)
  }
  return { active, shadow }
}

const isInCanary = ({ state, facilities, provinces }: RuleState, facilityCode: string, province: string): boolean =>
  state === 'canary' && (facilities.includes(facilityCode) || provinces.includes(province))
