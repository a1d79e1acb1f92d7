/* Times and sizes, as people read them. */

/**
 * @param {number} seconds
 * @param {number} digits after the point
 * @returns {string} 1:02.5, or 1:00:02.5 from an hour on
 */
export function clock(seconds, digits = 1) {
  const unit = 10 ** digits;
  const whole = Math.round(seconds * unit) / unit;
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const rest = (whole % 60).toFixed(digits).padStart(digits ? digits + 3 : 2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/**
 * @param {number} bytes
 * @returns {string} 131 kB, 4.2 MB
 */
export function size(bytes) {
  const [unit, name] = bytes >= 1e9 ? [1e9, "GB"] : bytes >= 1e6 ? [1e6, "MB"] : [1e3, "kB"];
  const many = bytes / unit;
  return `${many >= 100 || unit === 1e3 ? Math.ceil(many) : many.toFixed(1)} ${name}`;
}
