import { ApiProperty } from '@nestjs/swagger';
import { IsObject } from 'class-validator';

/** One setting. */
export class SettingDto {
  @ApiProperty({ example: 'proxy.domain' })
  key!: string;

  @ApiProperty({ type: 'string', nullable: true, description: 'null for a secret, and where none is set' })
  value!: string | null;

  @ApiProperty({ description: 'whether it has a value; a secret is never shown' })
  set!: boolean;

  @ApiProperty({ description: 'whether its value is a secret' })
  secret!: boolean;

  @ApiProperty({
    description: 'whether it can be changed here: others are changed at the machine, or by other commands',
  })
  changeable!: boolean;

  @ApiProperty({ name: 'needs-restart', description: 'whether servers read it only when they start' })
  'needs-restart'!: boolean;

  @ApiProperty()
  description!: string;
}

export class SettingListDto {
  @ApiProperty({ type: [SettingDto] })
  items!: SettingDto[];
}

/** Settings that are changed: all of them, or none. */
export class SettingChangesDto {
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    example: { 'proxy.domain': 'store.example' },
    description: 'key and new value of each',
  })
  @IsObject()
  values!: Record<string, string>;
}
