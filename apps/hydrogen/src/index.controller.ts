// The front door: a list of what can be asked.
import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

const INDEX = {
  name: 'Hydrogen',
  links: {
    api: '/docs',
    health: '/health',
    databases: '/databases',
    clients: '/oidc/clients',
    cities: '/acuranzo/cities?search=san&country=US',
    countries: '/acuranzo/countries',
    settings: '/helium/settings',
    pages: '/canvas/pages',
    emojis: '/canvas/emojis?search=cat',
  },
} as const;

@ApiTags('Service')
@Controller()
export class IndexController {
  @Get()
  @ApiOperation({ summary: 'Links to everything' })
  @ApiOkResponse({ schema: { type: 'object', example: INDEX } })
  index(): typeof INDEX {
    return INDEX;
  }
}
