// Who injects a token, for the message of an unknown name. Reads what Nest itself reads: constructor parameters,
// properties and factories' `inject`.
import type { ModulesContainer } from '@nestjs/core';

type Wrapper = { readonly metatype: unknown; readonly name: unknown; readonly inject?: readonly unknown[] | null };

/** `BadService of BadModule`, or undefined. */
export function findConsumer(modules: ModulesContainer, token: string): string | undefined {
  for (const module of modules.values()) {
    const wrappers = [...module.providers.values(), ...module.controllers.values(), ...module.injectables.values()];
    for (const wrapper of wrappers as unknown as readonly Wrapper[]) {
      if (injects(wrapper, token)) return `${nameOf(wrapper)} of ${module.name}`;
    }
  }
  return undefined;
}

function injects({ metatype, inject }: Wrapper, token: string): boolean {
  if (inject?.some((entry) => entry === token || (entry as { token?: unknown } | null)?.token === token)) return true;
  if (typeof metatype !== 'function') return false;
  const parameters = metadata('self:paramtypes', metatype).map((entry) => (entry as { param?: unknown }).param);
  const properties = metadata('self:properties_metadata', metatype).map((entry) => (entry as { type?: unknown }).type);
  return parameters.includes(token) || properties.includes(token);
}

function metadata(key: string, target: object): readonly unknown[] {
  return (Reflect.getMetadata(key, target) as readonly unknown[] | undefined) ?? [];
}

/** A factory's metatype is the factory itself: what it provides is named by its token. */
function nameOf({ metatype, name, inject }: Wrapper): string {
  return typeof metatype === 'function' && !inject ? metatype.name : String(name);
}
