// HTTP for the Acuranzo database. No rules of its own.
import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { City, CitySearch, Country } from './acuranzo.dto.js';
import { AcuranzoService } from './acuranzo.service.js';

@ApiTags('Acuranzo')
@Controller('acuranzo')
export class AcuranzoController {
  constructor(private readonly acuranzo: AcuranzoService) {}

  @Get('cities')
  @ApiOperation({ summary: 'Cities by the beginning of their name, by country, or the largest of all' })
  @ApiOkResponse({ type: [City] })
  cities(@Query() search: CitySearch): Promise<City[]> {
    return this.acuranzo.cities(search);
  }

  @Get('cities/all')
  @ApiOperation({ summary: 'All 135,233 cities in one answer', description: 'About 19 MB.' })
  @ApiOkResponse({ type: [City] })
  allCities(): Promise<City[]> {
    return this.acuranzo.allCities();
  }

  @Get('countries')
  @ApiOperation({ summary: 'Countries with the number of their cities' })
  @ApiOkResponse({ type: [Country] })
  countries(): Promise<Country[]> {
    return this.acuranzo.countries();
  }
}
