/** `show`, but not with what is shown already, as JSON tells: what is drawn anew loses focus and selection. */
export function onChange<Value>(show: (value: Value) => void): (value: Value) => void {
  let shown = '';
  return (value) => {
    const text = JSON.stringify(value);
    if (text === shown) return;
    shown = text;
    show(value);
  };
}
