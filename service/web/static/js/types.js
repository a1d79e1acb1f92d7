/* The shapes that go around, for editors and for `tsc --checkJs`; nothing runs here. */

/**
 * @typedef {object} Word a word of an answer, as the API has it; times in seconds
 * @property {string} word
 * @property {number|null} start
 * @property {number|null} end
 * @property {number|null} score in [0, 1]
 * @property {"aligned"|"interpolated"|"not_found"} status
 * @property {number} char_start in code points
 * @property {number} char_end
 * @property {string|null} [reading]
 */

/** @typedef {{start: number, end: number, text: string}} Passage */

/**
 * @typedef {object} Answer of /transcribe or /align
 * @property {number} duration_sec
 * @property {string} language
 * @property {string} model
 * @property {boolean} cached
 * @property {string[]} warnings
 * @property {Record<string, number>} timings seconds by stage
 * @property {{by: string, reason: string}} choice
 * @property {Word[]} words
 * @property {string} [text] what was heard, of /transcribe
 * @property {number} [quality] in [0, 1], of /align
 * @property {{end_word: number}[]} [segments]
 * @property {{text: string}[]} [unspoken]
 * @property {Passage[]} [unwritten]
 */

/**
 * @typedef {object} Order what is asked of the server
 * @property {File} file
 * @property {string} text "" to have it written down
 * @property {string} language a code, or "auto"
 * @property {boolean} every whether nothing but the text is said
 */

/** @typedef {{stage: string, done_sec: number, duration_sec: number}} Progress */

/** @typedef {{name: string, language: string, text: string}} Example */

/** @typedef {{max_upload_bytes: number, max_audio_sec: number, examples: Example[]}} Settings */

export {};
