const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const LONG_DAY = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day';
const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const TIME = String.raw`\d{2}:\d{2}:\d{2}`;

/** RFC 9110, section 5.6.7: the form that is sent, and two old ones that are accepted. */
const FORMS = [
  new RegExp(`^${DAY}, (\\d{2}) (${MONTH}) (\\d{4}) (${TIME}) GMT$`),
  new RegExp(`^${LONG_DAY}, (\\d{2})-(${MONTH})-(\\d{2}) (${TIME}) GMT$`),
];
const ASCTIME = new RegExp(`^${DAY} (${MONTH}) ([ \\d]\\d) (${TIME}) (\\d{4})$`);

/** A two-digit year that would be further ahead than this, in years, belongs to the last century. */
const YEARS_AHEAD = 50;

function fullYear(year: string): string {
  if (year.length === 4) return year;
  const now = new Date().getUTCFullYear();
  const inThis = now - (now % 100) + Number(year);
  return String(inThis > now + YEARS_AHEAD ? inThis - 100 : inThis);
}

/**
 * Parses an HTTP date.
 *
 * @returns milliseconds since 1970; undefined if it is invalid; the header is then ignored
 */
export function readHttpDate(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const found = FORMS.map((form) => form.exec(text)).find((match) => match !== null);
  const old = ASCTIME.exec(text);
  const [day, month, year, time] = found ? found.slice(1) : old ? [old[2], old[1], old[4], old[3]] : [];
  if (day === undefined || year === undefined) return undefined;
  const millis = Date.parse(`${day.trim()} ${month} ${fullYear(year)} ${time} GMT`);
  return Number.isNaN(millis) ? undefined : millis;
}
