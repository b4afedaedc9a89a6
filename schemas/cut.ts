/** At most so many UTF-16 units of a text. What the end of a letter was cut off from becomes U+FFFD. Pure. */
export function cutTo(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : text.slice(0, lengthMax).toWellFormed();
}
