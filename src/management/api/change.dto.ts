import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsOptional } from 'class-validator';

/** What every change that can be tried has. */
export class ChangeDto {
  @ApiPropertyOptional({
    name: 'dry-run',
    description: 'check everything, but change nothing',
    default: false,
  })
  @IsOptional()
  @IsBoolean()
  'dry-run'?: boolean;
}

/** The same in a query. */
export class ChangeQueryDto {
  @ApiPropertyOptional({
    name: 'dry-run',
    type: 'boolean',
    description: 'check everything, but change nothing',
    default: false,
  })
  @IsOptional()
  @QueryBoolean()
  @IsBoolean()
  'dry-run'?: boolean;
}

/** Reads `true` and `false` in a query. */
export function QueryBoolean(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) =>
    value === 'true' ? true : value === 'false' ? false : value,
  );
}
