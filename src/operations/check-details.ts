import { inputError } from '../errors.js';
import { checkCategory, checkText } from './check-text.js';

const METADATA_BYTES_MAX = 8 * 1024;
/** Far less than what exhausts the stack of whatever writes the metadata again once money has moved. */
const METADATA_DEPTH_MAX = 100;

export interface MerchantInput {
  readonly merchantName?: string | null | undefined;
  readonly merchantCategory?: string | null | undefined;
}

/** The merchant's name and category: required for a purchase, optional otherwise. */
export function checkMerchant({ merchantName, merchantCategory }: MerchantInput, required: boolean) {
  const namePath = ['input', 'merchantName'];
  const categoryPath = ['input', 'merchantCategory'];
  if (required && merchantName == null) {
    throw inputError('INVALID_MERCHANT_NAME', 'A purchase needs a merchantName.', namePath);
  }
  if (required && merchantCategory == null) {
    throw inputError('INVALID_MERCHANT_CATEGORY', 'A purchase needs a merchantCategory.', categoryPath);
  }
  return {
    merchantName:
      merchantName == null ? null : checkText(merchantName, 255, 'INVALID_MERCHANT_NAME', namePath),
    merchantCategory: merchantCategory == null ? null : checkCategory(merchantCategory, categoryPath),
  };
}

/**
 * A JSON object of at most 8 KiB that will read back as it was given. Integers that a JavaScript number cannot hold are
 * refused: they were already altered when the request was parsed.
 */
export function checkMetadata(metadata: unknown): Record<string, unknown> | null {
  if (metadata == null) return null;
  const refuse = (why: string) => inputError('INVALID_METADATA', `metadata ${why}`, ['input', 'metadata']);
  if (typeof metadata !== 'object' || Array.isArray(metadata)) throw refuse('must be a JSON object.');
  if (isDeeperThan(metadata, METADATA_DEPTH_MAX)) {
    throw refuse(`is nested too deeply: at most ${METADATA_DEPTH_MAX} levels are kept.`);
  }
  let inexact: number | undefined;
  const text = JSON.stringify(metadata, (_key, value) => {
    if (
      typeof value === 'number' &&
      (Number.isInteger(value) ? !Number.isSafeInteger(value) : !Number.isFinite(value))
    ) {
      inexact = value;
    }
    return value;
  });
  if (inexact !== undefined)
    throw refuse(`has a number too large to be kept exactly (${inexact}): send it as a string.`);
  const bytes = Buffer.byteLength(text);
  if (bytes > METADATA_BYTES_MAX)
    throw refuse(`takes ${bytes} bytes; at most ${METADATA_BYTES_MAX} are kept.`);
  return JSON.parse(text);
}

/** Whether a value has more levels of lists and objects than `levels`; it looks no deeper than that. */
function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isDeeperThan(member, levels - 1));
}
