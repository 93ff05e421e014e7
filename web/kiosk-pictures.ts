import { html } from 'hono/html'
import type { Html } from './explanation-words.ts'

/** A card above a reader, with an arrow down. */
export const card = (label: string): Html => html`<svg class="picture" viewBox="0 0 320 200" role="img" aria-label="${label}">
          <rect x="40" y="150" width="240" height="36" rx="10" fill="#0a3d6b"/>
          <rect x="70" y="160" width="180" height="6" rx="3" fill="#9cc4e8"/>
          <rect x="70" y="14" width="180" height="98" rx="10" fill="#e6f0f9" stroke="#0a3d6b" stroke-width="5"/>
          <rect x="88" y="44" width="34" height="26" rx="5" fill="#c79a2b" stroke="#6b4c00" stroke-width="3"/>
          <path d="M140 50h90M140 66h70M88 92h142" stroke="#0a3d6b" stroke-width="7" stroke-linecap="round"/>
          <path d="M160 120v18m-11-9 11 12 11-12" fill="none" stroke="#0a3d6b" stroke-width="6" stroke-linecap="round" stroke-linejoin="round"/>
        </svg>`

/** A telephone with a code before a scanner. */
export const telephone = (
  label: string,
): Html => html`<svg class="picture" viewBox="0 0 320 200" role="img" aria-label="${label}">
          <rect x="60" y="8" width="98" height="184" rx="14" fill="#e6f0f9" stroke="#0a3d6b" stroke-width="5"/>
          <path d="M78 60h20v20H78zM120 60h20v20h-20zM78 102h20v20H78z" fill="none" stroke="#0a3d6b" stroke-width="6"/>
          <path d="M116 100h8v8h-8zm14 0h10v8h-10zm-14 14h8v10h-8zm16 4h8v8h-8zm-28-48h8v8h-8zm0 16h6v10h-6z" fill="#0a3d6b"/>
          <path d="M240 76h36v48h-36l-14-12V88z" fill="#0a3d6b"/>
          <path d="M216 92 172 74M214 100h-44M216 108l-44 18" stroke="#b3261e" stroke-width="5" stroke-linecap="round"/>
        </svg>`
