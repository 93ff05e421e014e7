import { memberAt } from '../register.ts'

/** The `MA_LK` that check-in `index` of a run is bound to. */
export const encounterOf = (run: string, index: number): string => `${run}K${index}`

/** The visit of every check-in: outpatient, by referral rules of the registered place. */
const VISIT = { MA_DOITUONG_KCB: '1.1', MA_LOAI_KCB: '01' }

/** A check-in as a kiosk or a desk sends it; without `chip` by the printed card of a person of the register. */
export function checkInBody(
  index: number,
  options: { run: string; members: number },
  chip?: Readonly<Record<string, string>>,
): string {
  return JSON.stringify({
    encounterId: encounterOf(options.run, index),
    identity: chip ?? cardOf(index % options.members),
    visit: VISIT,
  })
}

function cardOf(member: number): Readonly<Record<string, string>> {
  const { cardNumber, fullName, birthDay } = memberAt(member)
  const birthDate = `${birthDay.slice(0, 4)}-${birthDay.slice(4, 6)}-${birthDay.slice(6)}`
  return { method: 'card', cardNumber, fullName, birthDate }
}
