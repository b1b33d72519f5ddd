// A camera by the name that staff know; of a folder of pictures its last part.

export function shortName(name: string): string {
  return name.split(/[\\/]/).at(-1) || name;
}
